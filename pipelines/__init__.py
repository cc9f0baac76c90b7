"""Orchestration: the Dagster graph, the workspace it writes to, tracking in MLflow, and the command line.

The only package that imports dagster and mlflow. What is computed lives in the packages below; here it is put in order,
checked, published and shown.
"""
