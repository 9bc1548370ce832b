"""小程序客服: the customer service of WeChat mini-programs."""
