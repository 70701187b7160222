"""A kind with its definition, an object of it, and files that are verified."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from penstock.verification.crds import Crds
from penstock.verification.verify import Verification, verify

CRD = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: trains.example.com}
    spec:
      group: example.com
      names: {kind: Train, plural: trains}
      scope: Namespaced
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema:
            type: object
            x-kubernetes-validations:
            - {rule: "self.metadata.name != 'ghost'", message: no ghost trains}
            properties:
              spec:
                type: object
                required: [speed, mode]
                x-kubernetes-validations:
                - {rule: "!has(self.limit) || self.speed <= self.limit", message: too fast}
                - {rule: "self.__namespace__ != 'kube-system'", message: not there}
                - {rule: "oldSelf.speed <= self.speed", message: never slower}
                properties:
                  speed: {type: integer, minimum: 1}
                  limit: {type: integer}
                  namespace: {type: string, default: trains}
                  mode: {type: string, enum: [day, "="], default: day}
                  port: {x-kubernetes-int-or-string: true}
                  note: {type: string, nullable: true, x-kubernetes-validations: [{rule: self.size() < 9}]}
                  share: {type: number, minimum: 0, exclusiveMinimum: true}
                  days: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                  inner:
                    type: object
                    x-kubernetes-embedded-resource: true
                    properties: {spec: {type: object, properties: {a: {type: integer}}}}
                  extra: {type: object, x-kubernetes-preserve-unknown-fields: true}
                  wagons:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [name]
                    items:
                      type: object
                      properties: {name: {type: string}, seats: {type: integer}}
                  odd:
                    type: string
                    x-kubernetes-validations:
                    - {rule: "quantity(self).isInteger()", message: whole}
      - name: v0
        served: false
        schema: {openAPIV3Schema: {type: object}}
"""

TRAIN = """
    apiVersion: example.com/v1
    kind: Train
    metadata: {name: late}
    spec:
      speed: 80
"""


def verified(tmp_path: Path, text: str, *, crds: Crds | None = None, file: str = "a.yaml") -> Verification:
    path = tmp_path / "generated" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")
    return verify(tmp_path, crds=crds)
