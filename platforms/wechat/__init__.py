"""What WeChat's platforms share: crypto, the push envelope, tokens, calls and error codes."""
