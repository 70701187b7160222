"""What the compiled steps run inside their containers, and their command line ``penstock-step``.

``main`` is the table of steps; ``artifacts`` is the form of what they pass to each other; each other package holds the
steps of one stage. A step is a module with ``add_arguments(parser)`` and ``run(arguments)``.
"""
