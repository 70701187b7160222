"""Argo Rollouts: releases that advance by themselves, measure the canary, and take it back when it does worse."""
