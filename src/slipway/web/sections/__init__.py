"""The sections of the report: each turns records into the few words and charts that its part of the page shows."""
