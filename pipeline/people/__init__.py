"""What people say of findings: whom not to report, what was benign or malicious, and which records that is about."""
