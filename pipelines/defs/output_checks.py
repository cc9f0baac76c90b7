"""One blocking check per table that goes out, made from its contract: nothing is published that breaks a promise."""

import dagster as dg

from data_contracts.contract import Contract, output_contracts
from data_contracts.problems import ContractError
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.defs.training import BACKTEST_TABLES
from pipelines.tables import read_table


def output_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Make the check that stops a run whose table breaks its own contract."""

    @dg.asset_check(
        asset=contract.table,
        name="honours_contract",
        blocking=True,
        partitions_def=None if contract.table in BACKTEST_TABLES else AS_OF,
        description="Columns, types, keys, allowed values and ranges are those of the contract.",
    )
    def honours_contract(context: dg.AssetCheckExecutionContext, places: Places) -> dg.AssetCheckResult:
        from data_contracts.expectations import check_output

        path = places.run_folder(context.run) / contract.table / f"{contract.table}.parquet"
        frame = read_table(path)
        try:
            check_output(contract, frame, str(path))
        except ContractError as error:
            return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.ERROR, description=str(error))
        return dg.AssetCheckResult(passed=True, metadata={"rows": len(frame), "contract_version": contract.version})

    return honours_contract


OUTPUT_CHECKS = [output_check(contract) for contract in output_contracts().values()]
