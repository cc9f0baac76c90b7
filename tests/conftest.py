"""What tests of several packages share: Spark as it answers soonest where there is next to nothing to compute."""

import pytest

_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def spark_options() -> dict[str, str]:
    """Settings of Spark that leave out every preparation that pays only on large tables; no figure depends on them."""
    return {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
    }
