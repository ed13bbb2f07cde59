%% Plays scenarios of scenario.ts on real OTP supervisors and prints what happened, one line each.
%%
%% Deaths are taken from the tracer and starts from the start functions; one counter stamps both, so their order is
%% the real one. A supervisor is held with suspend_process while a burst is prepared. Run with one scheduler (+S 1:1).
-module(runner).
-export([main/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export([start_node/2, start_dynamic/4]).

main([File]) ->
    ok = logger:set_primary_config(level, none),
    {ok, Scenarios} = file:consult(File),
    lists:foreach(fun play/1, Scenarios),
    halt(0).

play(#{title := Title, root := Root, steps := Steps}) ->
    put(baseline, processes()),
    ets:new(world, [named_table, public]),
    Collector = spawn(fun() -> collect([]) end),
    ets:insert(world, {collector, Collector}),
    Driver = self(),
    Owner = spawn(fun() -> receive go -> own(Driver, Root) end end),
    erlang:trace(Owner, true, [procs, set_on_spawn, strict_monotonic_timestamp, {tracer, Collector}]),
    %% The owner keeps what its dead child sent it; it is not waited for.
    put(baseline, [Owner, Collector | get(baseline)]),
    Owner ! go,
    receive
        {started, {ok, _}} ->
            settle([]),
            lists:foreach(fun step/1, lists:enumerate(Steps)),
            report(),
            log(stop),
            Owner ! stop,
            receive stopped -> ok end,
            settle([]);
        {started, Failure} ->
            settle([]),
            log({root, Failure})
    end,
    exit(Owner, kill),
    Delivered = erlang:trace_delivered(all),
    receive {trace_delivered, all, Delivered} -> ok end,
    Collector ! {take, self()},
    Events = receive {events, List} -> List end,
    ets:delete(world),
    io:put_chars(["= ", atom_to_list(Title), "\n", lines(lists:keysort(1, Events))]).

%% The parent of the root: only it can ask it to stop.
own(Driver, Root) ->
    process_flag(trap_exit, true),
    Started = start_node(root, Root),
    Driver ! {started, Started},
    receive stop -> ok end,
    case Started of
        {ok, Pid} ->
            exit(Pid, shutdown),
            Ref = monitor(process, Pid),
            receive {'DOWN', Ref, _, _, _} -> ok end;
        _ -> ok
    end,
    Driver ! stopped,
    receive never -> ok end.

%% Steps

step({Number, #{mode := Mode, on := On, acts := Acts, afterMs := AfterMs}}) ->
    AfterMs > 0 andalso timer:sleep(AfterMs),
    log({step, Number}),
    Held = case {Mode, live(On)} of
        {burst, Pid} when is_pid(Pid) -> true = erlang:suspend_process(Pid), [Pid];
        _ -> []
    end,
    Asked = lists:foldl(fun(Act, Before) ->
        Request = act(Act),
        settle(Held),
        %% Otherwise a call that waits for the one held would be answered late.
        [Request | Before]
    end, [], Acts),
    [catch erlang:resume_process(Pid) || Pid <- Held],
    settle([]),
    [log({answer, answer(Request)}) || Request <- lists:reverse(Asked), Request =/= none],
    ok.

act(#{type := exit, path := Path, reason := Reason}) ->
    on_live(Path, fun(Pid) -> exit(Pid, reason(Reason)) end);
act(#{type := stop, path := Path, reason := Reason}) ->
    on_live(Path, fun(Pid) -> Pid ! {stop, Reason} end);
act(#{type := link, path := Path, other := Other}) ->
    on_live(Path, fun(Pid) -> case newest(Other) of none -> ok; It -> Pid ! {link, It} end end);
act(#{type := unlink, path := Path, other := Other}) ->
    on_live(Path, fun(Pid) -> case newest(Other) of none -> ok; It -> Pid ! {unlink, It} end end);
act(#{type := call, path := Path, call := Call}) ->
    case newest(Path) of
        none -> noproc;
        Pid -> {asked, gen_server:send_request(Pid, request(Path, Call))}
    end.

on_live(Path, Do) ->
    case live(Path) of
        none -> ok;
        Pid -> Do(Pid)
    end,
    none.

request(Path, #{type := start_child, child := Node}) -> {start_child, child_spec(Path, Node)};
request(_, #{type := start_dynamic, key := Key, starts := Starts}) -> {start_child, [Key, Starts]};
request(_, #{type := terminate_handle, path := Path}) -> {terminate_child, newest(Path)};
request(_, #{type := Type, id := Id}) -> {Type, Id};
request(_, #{type := Type}) -> Type.

answer(noproc) -> {error, {noproc, none}};
answer({asked, Id}) ->
    case gen_server:receive_response(Id, 5000) of
        {reply, Reply} -> {reply, Reply};
        {error, {Reason, _}} -> {error, {Reason, none}};
        timeout -> timeout
    end.

report() ->
    Paths = lists:sort([Path || {{supervisor, Path}} <- ets:tab2list(world), live(Path) =/= none]),
    [log({report, Path, supervisor:which_children(live(Path)), supervisor:count_children(live(Path))})
        || Path <- Paths].

newest(Path) ->
    case ets:lookup(world, {pid, Path}) of
        [{_, Pid}] -> Pid;
        [] -> none
    end.

live(Path) ->
    case newest(Path) of
        none -> none;
        Pid -> case is_process_alive(Pid) of true -> Pid; false -> none end
    end.

%% Nothing has anything to do, three times in a row; those held back do not count.
settle(Held) -> settle(Held, 3).

settle(_, 0) -> ok;
settle(Held, Left) ->
    %% Exit signals are on their way for a moment in which nobody has anything to do.
    timer:sleep(1),
    Pids = (processes() -- get(baseline)) -- Held,
    Hanging = [Pid || {{hanging, Pid}} <- ets:tab2list(world), is_process_alive(Pid)],
    case Hanging =:= [] andalso lists:all(fun idle/1, Pids) of
        true -> settle(Held, Left - 1);
        false -> settle(Held, 3)
    end.

idle(Pid) ->
    case process_info(Pid, [status, message_queue_len]) of
        [{status, waiting}, {message_queue_len, 0}] -> true;
        undefined -> true;
        _ -> false
    end.

%% Processes

start_node(Path, #{kind := worker} = Node) ->
    Outcome = next_start(Path, Node),
    Started = gen_server:start_link(?MODULE, {worker, Path, Node, Outcome}, []),
    told(Path, Started),
    case {Started, split(Outcome)} of
        {{ok, Pid}, {dies, Reason}} ->
            Ref = monitor(process, Pid),
            exit(Pid, reason(Reason)),
            receive {'DOWN', Ref, _, _, _} -> ok end;
        _ -> ok
    end,
    Started;
start_node(Path, Node) ->
    ets:insert(world, {{supervisor, Path}}),
    Outcome = next_start(Path, Node),
    told(Path, supervisor:start_link(?MODULE, {supervisor, Path, Node, Outcome})).

start_dynamic(Path, Template, Key, Starts) ->
    start_node(join(Path, Key), Template#{starts := Starts}).

told(Path, {ok, Pid} = Started) ->
    ets:insert(world, {{pid, Path}, Pid}),
    log({start, Path, Pid}),
    Started;
told(Path, ignore) -> log({ignore, Path}), ignore;
told(Path, {error, Reason} = Failed) -> log({fail, Path, Reason}), Failed.

next_start(Path, #{starts := Starts}) ->
    Number = ets:update_counter(world, {starts, Path}, 1, {{starts, Path}, 0}),
    lists:nth(min(Number, length(Starts)), Starts).

init({_, _, _, ignore}) -> ignore;
init({Kind, Path, Node, Outcome}) ->
    case split(Outcome) of
        {fail, error} -> error(does_not_start);
        {fail, Reason} when Kind =:= worker -> {stop, reason(Reason)};
        {fail, Reason} -> exit(reason(Reason));
        _ -> initial(Kind, Path, Node)
    end.

initial(worker, Path, #{traps := Traps, name := Name} = Node) ->
    process_flag(trap_exit, Traps),
    case Name =:= '' orelse (catch register(Name, self())) of
        true -> {ok, {Path, Node}};
        _ -> {stop, already_started}
    end;
initial(supervisor, Path, #{kind := dynamic, template := Template} = Node) ->
    #{intensity := Intensity, periodS := Period} = Node,
    Spec = (child_spec(Path, Template))#{start := {?MODULE, start_dynamic, [Path, Template]}},
    {ok, {#{strategy => simple_one_for_one, intensity => Intensity, period => Period}, [Spec]}};
initial(supervisor, Path, #{children := Children} = Node) ->
    #{strategy := Strategy, intensity := Intensity, periodS := Period, autoShutdown := Auto} = Node,
    Flags = #{strategy => Strategy, intensity => Intensity, period => Period, auto_shutdown => Auto},
    {ok, {Flags, [child_spec(Path, Child) || Child <- Children]}}.

child_spec(Path, #{id := Id, kind := Kind, restart := Restart, shutdown := Shutdown} = Node) ->
    #{id => Id, start => {?MODULE, start_node, [join(Path, Id), Node]}, restart => Restart,
      shutdown => Shutdown, significant => maps:get(significant, Node),
      type => case Kind of worker -> worker; _ -> supervisor end}.

handle_call(_, _, State) -> {noreply, State}.
handle_cast(_, State) -> {noreply, State}.

handle_info({stop, error}, _) -> error(crash);
handle_info({stop, Reason}, State) -> {stop, reason(Reason), State};
handle_info({link, Pid}, State) -> link(Pid), {noreply, State};
handle_info({unlink, Pid}, State) -> unlink(Pid), {noreply, State};
handle_info({'EXIT', _, Reason}, State) -> log({trapped, self(), Reason}), {noreply, State}.

terminate(Reason, {_, #{hangs := Hangs}}) ->
    log({terminate, self(), Reason}),
    case Hangs andalso Reason =:= shutdown of
        true -> ets:insert(world, {{hanging, self()}}), receive never -> ok end;
        false -> ok
    end.

split(Outcome) ->
    case string:split(atom_to_list(Outcome), " ") of
        [What, Reason] -> {list_to_atom(What), list_to_atom(Reason)};
        [What] -> list_to_atom(What)
    end.

reason(shutdown_x) -> {shutdown, x};
reason(error) -> {an, error};
reason(Reason) -> Reason.

join(Path, Id) -> list_to_atom(atom_to_list(Path) ++ "/" ++ atom_to_list(Id)).

%% What happened

log(Event) ->
    [{_, Collector}] = ets:lookup(world, collector),
    Collector ! {event, erlang:unique_integer([monotonic]), Event},
    ok.

collect(Events) ->
    receive
        {event, Stamp, Event} -> collect([{Stamp, Event} | Events]);
        {trace_ts, Pid, exit, Reason, {_, Stamp}} -> collect([{Stamp, {exit, Pid, Reason}} | Events]);
        {take, From} -> From ! {events, Events};
        _ -> collect(Events)
    end.

%% Processes are named by path and number of the start there, failed and ignored ones counted.
lines(Events) ->
    {Lines, _} = lists:mapfoldl(fun({_, Event}, Names) ->
        Named = name(Event, Names),
        {line(Event, Named), Named}
    end, #{}, Events),
    Lines.

name({start, Path, Pid}, Names) -> (number(Path, Names))#{Pid => named(Path, number(Path, Names))};
name({ignore, Path}, Names) -> number(Path, Names);
name({fail, Path, _}, Names) -> number(Path, Names);
name(_, Names) -> Names.

number(Path, Names) -> Names#{Path => maps:get(Path, Names, 0) + 1}.
named(Path, Names) -> [atom_to_list(Path), "#", integer_to_list(maps:get(Path, Names))].

line({start, Path, _}, Names) -> ["start ", named(Path, Names), "\n"];
line({ignore, Path}, Names) -> ["ignore ", named(Path, Names), "\n"];
line({fail, Path, Reason}, Names) -> ["fail ", named(Path, Names), " ", class(Reason), "\n"];
line({What, Pid, Reason}, Names) when is_pid(Pid) ->
    case Names of
        #{Pid := Name} -> [atom_to_list(What), " ", Name, " ", class(Reason), "\n"];
        _ -> []
    end;
line({step, Number}, _) -> ["step ", integer_to_list(Number), "\n"];
line(stop, _) -> "stop\n";
line({root, ignore}, _) -> "root ignored\n";
line({root, {error, Reason}}, _) -> ["root failed ", class(Reason), "\n"];
line({answer, timeout}, _) -> "answer none\n";
line({answer, {error, {noproc, _}}}, _) -> "answer noproc\n";
line({answer, {error, {Reason, _}}}, _) -> ["answer exit ", class(Reason), "\n"];
line({answer, {reply, Reply}}, Names) -> ["answer ", shown(Reply, Names), "\n"];
line({report, Path, Children, Counts}, Names) ->
    ["report ", atom_to_list(Path), ": ", shown(Children, Names), "; ", shown(Counts, Names), "\n"].

shown(ok, _) -> "ok";
shown({ok, undefined}, _) -> "ok";
shown({ok, Pid}, Names) -> ["ok ", maps:get(Pid, Names)];
shown({error, {already_started, Pid}}, Names) when is_pid(Pid) -> ["already_started ", maps:get(Pid, Names)];
shown({error, Atom}, _) when Atom =:= already_present; Atom =:= running; Atom =:= restarting;
                             Atom =:= not_found; Atom =:= simple_one_for_one -> atom_to_list(Atom);
shown({error, {bad_combination, _}}, _) -> "invalid";
shown({error, {What, Child}}, _) when element(1, Child) =:= child -> ["failed ", class(What)];
shown({error, What}, _) -> ["failed ", class(What)];
shown([{specs, Specs} | _] = Counts, _) ->
    [_, Active, Supervisors, Workers] = [Count || {_, Count} <- Counts],
    lists:join(" ", [integer_to_list(Count) || Count <- [Specs, Active, Supervisors, Workers]]);
shown(Children, Names) ->
    lists:join(", ", lists:sort([lists:flatten(shown_child(Child, Names)) || Child <- Children])).

shown_child({Id, Child, Type, _}, Names) ->
    State = case Child of
        undefined -> "down";
        restarting -> "restarting";
        Pid -> maps:get(Pid, Names)
    end,
    Own = case Id of undefined -> "-"; _ -> atom_to_list(Id) end,
    [Own, " ", State, " ", atom_to_list(Type)].

class({shutdown, {failed_to_start_child, Id, Reason}}) ->
    ["failed_to_start(", atom_to_list(Id), " ", class(Reason), ")"];
class({shutdown, _}) -> "shutdown(x)";
class(Reason) when Reason =:= normal; Reason =:= shutdown; Reason =:= kill; Reason =:= killed; Reason =:= noproc ->
    atom_to_list(Reason);
class(_) -> "error".
