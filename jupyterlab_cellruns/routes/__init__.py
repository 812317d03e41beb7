"""HTTP routes under `/cellruns`, one module per resource."""
