const box=document.getElementById('words'),kinds=[...document.querySelectorAll('.filters [data-severity]')];
function filter(){const words=box.value.toLowerCase(),wanted=kinds.filter(k=>k.checked).map(k=>k.dataset.severity);let n=0;
for(const row of document.querySelectorAll('#findings-table tbody tr')){const show=wanted.includes(row.dataset.severity)&&
row.textContent.toLowerCase().includes(words);row.hidden=!show;n+=show}
document.getElementById('shown').textContent=n+' shown'}
if(box){box.addEventListener('input',filter);kinds.forEach(k=>k.addEventListener('change',filter));filter()}
