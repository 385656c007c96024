"""How the report looks, in light and in dark, and the few lines of script that filter its table."""

# The colours of the sets are told apart with any colour vision (Okabe and Ito).
CSS = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--dim:#5a6675;--line:#d5dbe3;--soft:#f3f5f8;
--error:#b3261e;--warning:#8a5a00;--note:#31618f;--set0:#0072b2;--set1:#d55e00;--set2:#009e73;--set3:#8250a8}
@media(prefers-color-scheme:dark){:root{--paper:#14181e;--ink:#e4e9f0;--dim:#9aa7b6;--line:#343d49;--soft:#1d232b;
--error:#ff8a80;--warning:#f0b64a;--note:#8ec5f5;--set0:#56b4e9;--set1:#f39c5a;--set2:#4fd1a8;--set3:#c9a0f0}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .4rem}p{margin:.4rem 0}.dim,figcaption,caption{color:var(--dim);font-size:.87rem}
nav a{margin-right:.9rem;white-space:nowrap}a{color:var(--note)}code{font-size:.87rem;overflow-wrap:anywhere}
.cards,.grid{display:flex;flex-wrap:wrap;gap:.8rem;margin:.8rem 0}.card{background:var(--soft);border-radius:.5rem;
padding:.6rem 1rem;min-width:7rem}.card b{display:block;font-size:1.5rem}
.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--note)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;
padding:.3rem .6rem;border-bottom:1px solid var(--line)}th{background:var(--soft)}td.number{text-align:right;
font-variant-numeric:tabular-nums}caption{text-align:left;padding:.3rem 0}td:last-child{overflow-wrap:anywhere}
#findings-table td:not(:last-child){white-space:nowrap}
figure{margin:0;width:160px}figure img{width:160px;height:auto;border-radius:.3rem;display:block}
figcaption{overflow-wrap:anywhere;line-height:1.3;margin-top:.2rem}.chart{width:330px}.cluster{display:flex;flex-wrap:wrap;
gap:.6rem;background:var(--soft);border-radius:.5rem;padding:.6rem}svg{width:100%;height:auto;overflow:visible}
svg text{fill:var(--dim);font-size:11px}.axis{stroke:var(--line)}
.b0{fill:var(--set0)}.b1{fill:var(--set1)}.b2{fill:var(--set2)}.b3{fill:var(--set3)}
.l0,.l1,.l2,.l3{fill:none;stroke-width:2}.l0{stroke:var(--set0)}.l1{stroke:var(--set1);stroke-dasharray:6 3}
.l2{stroke:var(--set2);stroke-dasharray:2 3}.l3{stroke:var(--set3);stroke-dasharray:8 3 2 3}
.filters{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;margin:.5rem 0}input[type=search]{padding:.3rem .5rem;
min-width:16rem;background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:.3rem}
.legend span{margin-right:1rem}.legend i{display:inline-block;width:.9rem;height:.9rem;border-radius:.2rem;margin-right:.3rem;
vertical-align:-.1rem}
"""

SCRIPT = """
const box=document.getElementById('words'),kinds=[...document.querySelectorAll('.filters [data-severity]')];
function filter(){const words=box.value.toLowerCase(),wanted=kinds.filter(k=>k.checked).map(k=>k.dataset.severity);let n=0;
for(const row of document.querySelectorAll('#findings-table tbody tr')){const show=wanted.includes(row.dataset.severity)&&
row.textContent.toLowerCase().includes(words);row.hidden=!show;n+=show}
document.getElementById('shown').textContent=n+' shown'}
if(box){box.addEventListener('input',filter);kinds.forEach(k=>k.addEventListener('change',filter));filter()}
"""
