-- Stock to work with: 300 articles in two warehouses of two tenants.
insert into items (tenant_id, warehouse_id, sku, name, on_hand)
select tenant_id, warehouse_id, 'SKU-' || lpad(number::text, 4, '0'), 'Article ' || number, 10000
from unnest(array['acme', 'globex']) as tenant_id,
  unnest(array['north', 'south']) as warehouse_id,
  generate_series(1, 300) as number;
