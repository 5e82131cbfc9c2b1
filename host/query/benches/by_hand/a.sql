SELECT customer_id FROM customers WHERE customer_id IN (
  SELECT customer_id FROM orders
  WHERE NOT cancelled AND ordered_at >= '2011-09-10 18:00' AND ordered_at <= '2011-12-09 18:00'
  GROUP BY customer_id HAVING count(*) >= 2)
