module example.com/conversation

go 1.23

require example.com/chatroutes/client v0.0.0

replace example.com/chatroutes/client => ./generated
