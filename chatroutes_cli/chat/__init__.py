"""The command `chatroutes chat`: a conversation in the terminal."""
