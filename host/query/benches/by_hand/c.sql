SELECT customer_id FROM customers c
WHERE EXISTS (SELECT FROM lines l WHERE l.customer_id = c.customer_id AND l.stock_code = '85123A')
  AND NOT EXISTS (SELECT FROM lines l WHERE l.customer_id = c.customer_id AND l.stock_code = 'POST')
