"""How the page looks: by daylight, in the dark, and on paper."""

__all__ = ["STYLE"]

STYLE = """
:root{color-scheme:light dark;--ink:#17212b;--quiet:#5b6875;--line:#dde3e9;--ground:#f5f7f9;
--card:#fff;--accent:#0f6e84;--pale:#b9dbe2;--warn:#a8470c;--warnground:#fff4ea;
--c0:#0f6e84;--c1:#e08a2e;--c2:#6a5acd;--c3:#4c9a52;--c4:#c2486f;--c5:#8a7f3d;--none:#b7c0c9}
@media (prefers-color-scheme:dark){:root{--ink:#e6ecf1;--quiet:#9aa8b5;--line:#2c3844;
--ground:#10171d;--card:#18222b;--accent:#4fb6cc;--pale:#28535e;--warn:#ffb27a;--warnground:#33241a;
--c0:#4fb6cc;--c1:#f0a458;--c2:#9d90ee;--c3:#79c27f;--c4:#e77f9f;--c5:#c3b768;--none:#55626e}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:20px;margin:44px 0 4px;letter-spacing:-.005em}
h3{font-size:15px;margin:0;overflow-wrap:anywhere}
p{margin:4px 0 14px;max-width:75ch}
.quiet,caption,footer{color:var(--quiet)}
a{color:var(--accent)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:18px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;
margin:24px 0 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:12px 16px;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.tiles dt{color:var(--quiet);font-size:13px}
.tiles dd{margin:0;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere;line-height:1.3}
.tiles dd.long{font-size:15px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:14px 0 0}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere}
.panel,.wide{background:var(--card);border:1px solid var(--line);border-radius:10px}
.panel{padding:16px 20px}
.warn{background:var(--warnground);border:1px solid var(--warn);border-left-width:5px;
border-radius:10px;padding:12px 20px;margin-top:12px}
.warn h2{margin:0;color:var(--warn)}
.note{background:var(--card);border-color:var(--line);border-left-color:var(--accent)}
.note h2{color:var(--ink)}
.warn ul{margin:6px 0;padding-left:20px;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:12px 16px 6px;font-size:13px}
th,td{padding:6px 16px;border-top:1px solid var(--line);text-align:left;vertical-align:middle;
white-space:nowrap}
thead th{white-space:normal;font-size:13px;font-weight:600;color:var(--quiet);border-top:0}
tbody th{font-weight:500;white-space:normal;overflow-wrap:anywhere;min-width:180px}
tbody .i{min-width:0}
.n{text-align:right}
.m{width:130px}
.track,.m{position:relative}
.m .track{display:block}
.track{display:inline-block;height:8px;background:var(--line);border-radius:4px;overflow:hidden}
.track i{display:block;height:100%;background:var(--accent);border-radius:4px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:14px;
margin-top:14px}
article{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:14px 16px;display:flex;flex-direction:column;gap:10px;min-width:0}
.of{color:var(--quiet);font-size:13px;overflow-wrap:anywhere}
.tag{font-size:12px;font-weight:600;color:var(--accent);border:1px solid currentColor;
border-radius:9px;padding:0 7px;margin-left:6px;white-space:nowrap}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--quiet);font-size:11px;font-variant-numeric:tabular-nums}
.plane{max-width:560px}
@media (min-width:601px){.plane text{font-size:8px}}
.bar{fill:var(--accent)}.pale{fill:var(--pale)}
.base{stroke:var(--quiet);stroke-width:1}
.grid{stroke:var(--line);stroke-width:1}
.median{stroke:var(--c1);stroke-width:1.5}
.class0{fill:var(--c0)}.class1{fill:var(--c1)}.class2{fill:var(--c2)}.class3{fill:var(--c3)}
.class4{fill:var(--c4)}.class5{fill:var(--c5)}.none{fill:var(--none)}
.line,.dots{fill:none;stroke:var(--c0);stroke-width:2;stroke-linejoin:round}
.line.rival,.dots.rival{stroke:var(--c1)}.line.rival{stroke-dasharray:6 3}
.line.rule{stroke:var(--quiet);stroke-width:1;stroke-dasharray:2 3}
.line.best{stroke:var(--ink);stroke-width:1}
.dots{stroke-width:5;stroke-linecap:round}
.dots.s1{stroke:var(--c1)}.dots.s2{stroke:var(--c2)}.dots.s3{stroke:var(--c3)}
.dots.s4{stroke:var(--c4)}.dots.s5{stroke:var(--c5)}
.cell1,.cell2,.cell3,.cell4{fill:var(--c0)}
.cell1{fill-opacity:.2}.cell2{fill-opacity:.4}.cell3{fill-opacity:.7}
.narrow{max-width:640px;margin:14px 0}
.cards.two{grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr))}
.wide+.wide,.facts+.wide,ul+.wide,.wide+.quiet{margin-top:14px}
.hit i,.miss i{font-style:normal;font-weight:400;font-size:12px;color:var(--quiet)}
.p{white-space:normal;min-width:240px;overflow-wrap:anywhere}
.hit{font-weight:600;color:var(--accent)}
summary{cursor:pointer;color:var(--accent);padding:6px 0}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 22px;padding:0;margin:12px 0 0}
.key svg{display:inline-block;width:11px;height:11px;margin-right:7px}
.bars{list-style:none;margin:0;padding:0;font-size:13px;display:grid;gap:3px}
.bars li{display:grid;grid-template-columns:minmax(0,9.5em) 1fr 4.2em;gap:10px;align-items:center}
.value{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.figure{text-align:right;font-variant-numeric:tabular-nums}
.numbers{display:grid;grid-template-columns:repeat(4,1fr);gap:6px 10px;margin:0;margin-top:auto;
border-top:1px solid var(--line);padding-top:8px}
.numbers dt{font-size:12px;color:var(--quiet)}
.numbers dd{margin:0;font-size:13px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.numbers .span2{grid-column:span 2}
.numbers .left2{grid-column:1/span 2}
article p{margin:0;font-size:13px}
footer{padding-top:36px;padding-bottom:48px;font-size:13px}
@media (max-width:600px){.cards{grid-template-columns:1fr}main,header,footer{padding:0 14px}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}
th,td,caption{padding-left:10px;padding-right:10px}tbody th{min-width:100px}}
@media print{body{background:#fff;font-size:11px}nav{display:none}
article,.panel,.tiles div,.warn,tr{break-inside:avoid}h2{break-after:avoid}
.cards{grid-template-columns:1fr 1fr 1fr;gap:8px}.wide{overflow:visible}th,td{padding:3px 8px}
main,header,footer{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
