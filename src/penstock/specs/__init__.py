"""The language: one file a kind, on a common base.

- Kinds, in the table of `kinds`: `dataset`, `feature_set`, `model` with `estimator` and `search`, `gate`, `rollout`
  with `canary` and `monitor`, `environment` with its cluster's `components`, `alertmanager` and `argo_cd`, `team`,
  `approval_policy`, `release`.
- What kinds are written in: `base`, `choices`, `units`, `kubernetes`, and `review` for what a change of a field means.
- The language as data, read off the kinds: `shapes`, `marked_fields`, `schema`.
- Places in specs, changes of them, and their numbers in messages: `addresses`, `overlay`, `json_patch`, `numbers`.
- What gates decide: `metrics`, `limits`, `decision`, `gate_tests`.
- Alerts, canaries and schedules: `series`, `server_metrics`, `burn_windows`, `compared_windows`, `cron`.
- What SQL may say in a spec, and which columns are the steps' own: `reserved_sql`, `volatile_sql`, `row_order_sql`,
  `own_columns`.
"""
