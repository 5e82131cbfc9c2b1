SELECT customer_id FROM customers WHERE country IS DISTINCT FROM 'United Kingdom'
