"""What people look at in a browser: pages over the published tables, and the server that shows them."""
