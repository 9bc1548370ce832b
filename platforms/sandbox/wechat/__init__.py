"""WeChat's server side for mini-programs: tokens, custom messages, media, and the message push."""
