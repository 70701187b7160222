"""The rules, one of each file, in the order in which a system is described. A new rule is a file and a row here."""

from __future__ import annotations

from penstock.checks.argument_kind import argument_kind
from penstock.checks.bound_direction import bound_direction
from penstock.checks.canary_steps import canary_steps
from penstock.checks.capacity import capacity
from penstock.checks.column_contract import column_contract
from penstock.checks.column_type import column_type
from penstock.checks.competing_rollouts import competing_rollouts
from penstock.checks.data_path import data_path
from penstock.checks.dataset_cycle import dataset_cycle
from penstock.checks.distinct_alone import distinct_alone
from penstock.checks.duplicate_id import duplicate_id
from penstock.checks.endless_groups import endless_groups
from penstock.checks.estimator_class import estimator_class
from penstock.checks.estimator_combination import estimator_combination
from penstock.checks.estimator_parameter import estimator_parameter
from penstock.checks.estimator_value import estimator_value
from penstock.checks.external_estimator import external_estimator
from penstock.checks.feature_collision import feature_collision
from penstock.checks.feature_type import feature_type
from penstock.checks.forbidden_feature import forbidden_feature
from penstock.checks.future_leak import future_leak
from penstock.checks.gate_test import gate_test
from penstock.checks.grid_search import grid_search
from penstock.checks.join_type import join_type
from penstock.checks.label_contract import label_contract
from penstock.checks.label_ingredient import label_ingredient
from penstock.checks.label_leak import label_leak
from penstock.checks.metric_task import metric_task
from penstock.checks.missing_library import missing_library
from penstock.checks.missing_target import missing_target
from penstock.checks.opaque_feature import opaque_feature
from penstock.checks.pod_disk import pod_disk
from penstock.checks.policy_words import policy_words
from penstock.checks.promql_form import promql_form
from penstock.checks.release_conflict import release_conflict
from penstock.checks.release_evidence import release_evidence
from penstock.checks.reserved_column import reserved_column
from penstock.checks.retrain_loop import retrain_loop
from penstock.checks.row_order import row_order
from penstock.checks.rule import Rule
from penstock.checks.schedule_syntax import schedule_syntax
from penstock.checks.select_count import select_count
from penstock.checks.sensitive_use import sensitive_use
from penstock.checks.shared_namespace import shared_namespace
from penstock.checks.silent_alert import silent_alert
from penstock.checks.split_gap import split_gap
from penstock.checks.sql_syntax import sql_syntax
from penstock.checks.stale_release import stale_release
from penstock.checks.time_column import time_column
from penstock.checks.timeless_window import timeless_window
from penstock.checks.too_few_clusters import too_few_clusters
from penstock.checks.too_few_people import too_few_people
from penstock.checks.undecidable_gate import undecidable_gate
from penstock.checks.ungated_rollout import ungated_rollout
from penstock.checks.unheard_alert import unheard_alert
from penstock.checks.unknown_class import unknown_class
from penstock.checks.unknown_column import unknown_column
from penstock.checks.unknown_feature import unknown_feature
from penstock.checks.unknown_function import unknown_function
from penstock.checks.unknown_group import unknown_group
from penstock.checks.unknown_sql_function import unknown_sql_function
from penstock.checks.unknown_table import unknown_table
from penstock.checks.unknown_version import unknown_version
from penstock.checks.untimed_join import untimed_join
from penstock.checks.unused_sensitive_use import unused_sensitive_use
from penstock.checks.vacuous_bound import vacuous_bound
from penstock.checks.waived_rule import waived_rule

RULES: tuple[Rule, ...] = (
    data_path,
    sql_syntax,
    unknown_sql_function,
    row_order,
    argument_kind,
    unknown_table,
    dataset_cycle,
    unknown_column,
    time_column,
    column_contract,
    reserved_column,
    column_type,
    unknown_function,
    future_leak,
    untimed_join,
    feature_type,
    join_type,
    opaque_feature,
    unknown_feature,
    feature_collision,
    label_contract,
    label_leak,
    label_ingredient,
    split_gap,
    sensitive_use,
    unused_sensitive_use,
    unknown_class,
    missing_library,
    estimator_class,
    estimator_parameter,
    estimator_value,
    estimator_combination,
    external_estimator,
    select_count,
    grid_search,
    retrain_loop,
    metric_task,
    vacuous_bound,
    bound_direction,
    unknown_group,
    endless_groups,
    forbidden_feature,
    undecidable_gate,
    too_few_clusters,
    gate_test,
    unknown_version,
    ungated_rollout,
    missing_target,
    competing_rollouts,
    shared_namespace,
    pod_disk,
    canary_steps,
    capacity,
    promql_form,
    unheard_alert,
    silent_alert,
    timeless_window,
    schedule_syntax,
    release_evidence,
    stale_release,
    release_conflict,
    policy_words,
    waived_rule,
    too_few_people,
    distinct_alone,
    duplicate_id,
)
