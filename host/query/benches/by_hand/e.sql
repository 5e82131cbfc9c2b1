SELECT customer_id FROM customers c
WHERE EXISTS (SELECT FROM lines l WHERE l.customer_id = c.customer_id AND l.quantity >= 100 AND l.unit_price < 1)
