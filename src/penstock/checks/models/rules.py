"""The rules that look at models, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.datasets.unknown_column import unknown_column
from penstock.checks.datasets.unknown_function import unknown_function
from penstock.checks.features.join_type import join_type
from penstock.checks.features.undeclared_read import undeclared_read
from penstock.checks.gates.metric_task import metric_task
from penstock.checks.models.divided_search import divided_search
from penstock.checks.models.estimator_class import estimator_class
from penstock.checks.models.estimator_combination import estimator_combination
from penstock.checks.models.estimator_parameter import estimator_parameter
from penstock.checks.models.estimator_value import estimator_value
from penstock.checks.models.external_estimator import external_estimator
from penstock.checks.models.feature_collision import feature_collision
from penstock.checks.models.grid_search import grid_search
from penstock.checks.models.high_cardinality_slice import high_cardinality_slice
from penstock.checks.models.label_contract import label_contract
from penstock.checks.models.label_ingredient import label_ingredient
from penstock.checks.models.label_leak import label_leak
from penstock.checks.models.missing_library import missing_library
from penstock.checks.models.pca_input import pca_input
from penstock.checks.models.retrain_loop import retrain_loop
from penstock.checks.models.schedule_syntax import schedule_syntax
from penstock.checks.models.select_count import select_count
from penstock.checks.models.sensitive_use import sensitive_use
from penstock.checks.models.split_gap import split_gap
from penstock.checks.models.unknown_class import unknown_class
from penstock.checks.models.unknown_feature import unknown_feature
from penstock.checks.models.unused_sensitive_use import unused_sensitive_use
from penstock.checks.rollouts.alert_without_receiver import alert_without_receiver
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_column,
    unknown_function,
    undeclared_read,
    join_type,
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
    pca_input,
    external_estimator,
    select_count,
    grid_search,
    divided_search,
    retrain_loop,
    metric_task,
    high_cardinality_slice,
    alert_without_receiver,
    schedule_syntax,
)
