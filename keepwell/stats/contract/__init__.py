"""Models of customers under contract, who renew or leave at the end of each period."""
