"""How the HTML plan looks, by day and by night."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --line: #d9dee3; --paper: #f6f7f8; --card: #fff;
  --unknown: #7a3fb5; --loosened: #c0322b; --tightened: #1f7a4d; --neutral: #74808a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --soft: #9aa5af; --line: #333b43; --paper: #14181c; --card: #1c2126;
    --unknown: #b98aec; --loosened: #f0756d; --tightened: #5cc492; --neutral: #8c98a3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
.kicker { margin: 0; color: var(--soft); font-size: .8125rem; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: .25rem 0 .5rem; font-size: 1.5rem; line-height: 1.3; text-wrap: balance; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.125rem; }
.revisions, .place, .cause, .affects { color: var(--soft); font-size: .875rem; }
.revisions { margin: 0 0 1.5rem; }
.count { color: var(--soft); font-weight: 400; }
article { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone);
  border-radius: 6px; margin: .75rem 0; padding: .75rem 1rem; }
article p { margin: .25rem 0; }
.unknown { --tone: var(--unknown); } .loosened { --tone: var(--loosened); }
.tightened { --tone: var(--tightened); } .neutral { --tone: var(--neutral); }
.what { font-weight: 600; overflow-wrap: anywhere; }
.symbol { color: var(--tone); display: inline-block; width: 1.25rem; font-family: ui-monospace, monospace; }
.values code { overflow-wrap: anywhere; }
.badge { border: 1px solid currentColor; border-radius: 999px; color: var(--tone, var(--soft)); font-size: .75rem;
  padding: .05rem .5rem; white-space: nowrap; }
.note { font-weight: 600; }
.finding { border: 1px solid var(--line); border-left: 4px solid var(--loosened); border-radius: 6px;
  background: var(--card); margin: .5rem 0; padding: .5rem 1rem; overflow-wrap: anywhere; }
.finding.warning, .finding.note { border-left-color: var(--neutral); font-weight: 400; }
.next { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .5rem 1rem; }
.next code { display: inline-block; margin-left: .5rem; overflow-wrap: anywhere; }
details { margin: .25rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
details ul { margin: .25rem 0; padding-left: 1.25rem; } details li { margin: .25rem 0; overflow-wrap: anywhere; }
.alike { margin: .25rem 0; padding-left: 1.25rem; } .alike li { margin: .25rem 0; overflow-wrap: anywhere; }
.moved { color: var(--soft); overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; padding: .75rem; }
.plus { color: var(--tightened); } .minus { color: var(--loosened); } .hunk { color: var(--soft); }
"""
