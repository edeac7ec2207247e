using Swarm.Core;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// The servers behind a site, which have the same files. A path stays with one of them while it is well, for servers differ in their ETags and a
/// file would look changed at every turn; one that fails is passed over until it answers again.
/// </summary>
/// <remarks>Any thread.</remarks>
internal sealed class OriginGroup : IOriginConnection, IAsyncDisposable
{
    /// <summary>A server that failed is left alone for so long, unless it is seen to answer before.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    /// <summary>Each server of several is asked for its root so often.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly OriginPlan _plan;
    private readonly IOriginConnection _next;
    private readonly TimeProvider _time;
    private readonly ulong[] _keys;
    private readonly long[] _downUntil;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    public OriginGroup(OriginPlan plan, IOriginConnection next, TimeProvider time)
    {
        (_plan, _next, _time) = (plan, next, time);
        _keys = [.. plan.Origins.Select(static o => KeyOf(o.Url))];
        _downUntil = new long[plan.Origins.Count];
        _looking = plan.Origins.Count > 1 ? Task.Run(LookAsync) : Task.CompletedTask;
    }

    /// <summary>The server that a request goes to now, for requests that are sent once.</summary>
    public OriginTarget Choose(OriginTarget target) => At(Order(target)[0], target);

    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        if (_downUntil.Length == 1 || !request.Target.SameOrigin(_plan.Origins[0]))
        {
            return await _next.SendAsync(request, cancellationToken);
        }

        var order = Order(request.Target);
        for (var i = 0; ; i++)
        {
            var result = await _next.SendAsync(request with { Target = At(order[i], request.Target) }, cancellationToken);
            var isWell = IsWell(result);
            Note(order[i], isWell);
            if (isWell || i == order.Length - 1)
            {
                return result;
            }

            result.Answer?.Abort(); // GET and HEAD alone come here: to ask another is safe (RFC 9110 §9.2.2)
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    /// <summary>A gateway's errors are of what lies behind it; any other answer is the site's word. What the client or this node's policy refused is no fault of the server's.</summary>
    private static bool IsWell(OriginResult result) =>
        result.IsAnswer ? result.Answer.Status is not (502 or 503 or 504) : result.Error.Party is OriginParty.Client or OriginParty.Policy;

    /// <summary>Stable over runs and machines, so that all nodes of a site choose alike.</summary>
    private static ulong KeyOf(ReadOnlySpan<char> text)
    {
        ulong key = 0;
        foreach (var c in text)
        {
            key = SplitMix64.Mix(key ^ c);
        }

        return key;
    }

    private OriginTarget At(int server, OriginTarget target) => server == 0
        ? target
        : new(_plan.Origins[server].Scheme, _plan.Origins[server].Host, _plan.Origins[server].Port, target.PathAndQuery, target.Form);

    /// <summary>Servers that are well first, each group by rendezvous hashing of the path.</summary>
    private int[] Order(OriginTarget target)
    {
        var query = target.PathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var path = (long)KeyOf(query < 0 ? target.PathAndQuery : target.PathAndQuery.AsSpan(0, query));
        var now = _time.GetTimestamp();
        return [.. Enumerable.Range(0, _downUntil.Length)
            .OrderBy(i => Volatile.Read(ref _downUntil[i]) > now)
            .ThenByDescending(i => Rendezvous.Weight(_keys[i], path))];
    }

    private void Note(int server, bool isWell)
    {
        var now = _time.GetTimestamp();
        var before = Interlocked.Exchange(ref _downUntil[server], isWell ? 0 : now + (long)(Rest.TotalSeconds * _time.TimestampFrequency));
        if ((before <= now) != isWell || (isWell && before > 0))
        {
            _plan.Report.Said($"{OriginPlan.BaseOf(_plan.Origins[server])} {(isWell ? "answers again" : "does not answer; the others are asked")}.");
        }
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            for (var server = 0; server < _downUntil.Length; server++)
            {
                using var clock = new CancellationTokenSource(LookEvery, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, _stop.Token);
                try
                {
                    var result = await _next.SendAsync(new("HEAD", _plan.Origins[server], []), either.Token);
                    Note(server, IsWell(result));
                    result.Answer?.Dispose();
                }
                catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
                {
                    Note(server, isWell: false);
                }
            }
        }
    }
}
