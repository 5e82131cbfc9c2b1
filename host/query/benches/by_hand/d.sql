SELECT customer_id FROM customers c
WHERE customer_id IN (SELECT customer_id FROM orders GROUP BY customer_id HAVING sum(amount) >= 1000)
  AND NOT EXISTS (
    SELECT FROM orders o
    WHERE o.customer_id = c.customer_id AND o.ordered_at >= '2011-10-10 18:00' AND o.ordered_at <= '2011-12-09 18:00')
