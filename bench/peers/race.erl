%% Erlang/OTP in the race: plain gen_servers. main(Row, Messages) prints the milliseconds of one round.
-module(race).
-behaviour(gen_server).
-export([main/2, init/1, handle_cast/2, handle_call/3]).

init(State) -> {ok, State}.

handle_cast({count, 1, Owner}, _) -> Owner ! done, {noreply, idle};
handle_cast({count, Left}, {sink, Owner}) when Left =:= 1 -> Owner ! done, {noreply, {sink, Owner}};
handle_cast({count, _}, State) -> {noreply, State};
handle_cast({ball, 1, _, Owner}, State) -> Owner ! done, {noreply, State};
handle_cast({ball, Left, From, Owner}, State) ->
    gen_server:cast(From, {ball, Left - 1, self(), Owner}), {noreply, State};
handle_cast({hop, 1, Owner}, State) -> Owner ! done, {noreply, State};
handle_cast({hop, Left, Owner}, {next, Next} = State) ->
    gen_server:cast(Next, {hop, Left - 1, Owner}), {noreply, State};
handle_cast({next, Next}, _) -> {noreply, {next, Next}}.

handle_call(next, _From, Served) when is_integer(Served) -> {reply, Served + 1, Served + 1}.

server(State) -> {ok, Pid} = gen_server:start(?MODULE, State, []), Pid.

round("flood", Messages) ->
    Sink = server({sink, self()}),
    send(Sink, Messages),
    receive done -> ok end;
round("bursts", Messages) ->
    Sink = server({sink, self()}),
    bursts(Sink, Messages);
round("pingPong", Messages) ->
    A = server(idle), B = server(idle),
    gen_server:cast(A, {ball, Messages, B, self()}),
    receive done -> ok end;
round("ring", Messages) ->
    First = server(idle),
    Last = lists:foldl(fun(_, Next) -> server({next, Next}) end, First, lists:seq(2, 1000)),
    gen_server:cast(First, {next, Last}),
    gen_server:cast(First, {hop, Messages, self()}),
    receive done -> ok end;
round("askOne", Messages) -> asks(server(0), Messages);
round("askMany", Messages) ->
    Server = server(0), Owner = self(), Each = Messages div 100,
    [spawn(fun() -> asks(Server, Each), Owner ! done end) || _ <- lists:seq(1, 100)],
    [receive done -> ok end || _ <- lists:seq(1, 100)], ok;
round("spawn", Actors) -> spawns(Actors).

send(Sink, 1) -> gen_server:cast(Sink, {count, 1});
send(Sink, Left) -> gen_server:cast(Sink, {count, Left}), send(Sink, Left - 1).

bursts(_, Left) when Left =< 0 -> ok;
bursts(Sink, Left) -> send(Sink, 100), receive done -> ok end, bursts(Sink, Left - 100).

asks(_, 0) -> ok;
asks(Server, Left) -> gen_server:call(Server, next), asks(Server, Left - 1).

spawns(Left) when Left =< 0 -> ok;
spawns(Left) ->
    Pids = [server(idle) || _ <- lists:seq(1, 100)],
    [gen_server:stop(Pid) || Pid <- Pids],
    spawns(Left - 100).

main(Row, Messages) ->
    {Micros, ok} = timer:tc(fun() -> round(Row, Messages) end),
    io:format("~.3f~n", [Micros / 1000]),
    init:stop().
