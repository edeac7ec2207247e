using System.Collections.Concurrent;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Request collapsing where nothing is known yet: of several visitors who want one file, one asks, and the others wait for the head of its answer,
/// which then permits them too. Not for ever; no longer than until the head shows that it helps nobody else; and not at all where the one before did
/// not (what Varnish calls hit-for-miss): pages and other small answers come to all at once.
/// </summary>
/// <remarks>Any thread.</remarks>
/// <param name="isPermitted">Whether the answer to another visitor permits a URL to everybody now.</param>
internal sealed class FirstVisits(Func<string, bool> isPermitted, TimeProvider time)
{
    /// <summary>As long as a permit is good for others. After one second, on a machine under great load, two of four went on to fetch the whole file again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Varnish's usual time for the same: a URL that turns into something to share waits no longer for being seen.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(2);

    /// <summary>URLs are of the visitors' making: when so many are remembered, all are forgotten, and two visitors wait for each other once more.</summary>
    private const int MaxRemembered = 4_096;

    /// <summary>Longer ones are not remembered: with the number above, 8 MB at the most.</summary>
    private const int MaxRememberedLength = 1_024;

    private readonly ConcurrentDictionary<string, Visit> _asking = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _helpedNobody = new(StringComparer.Ordinal);

    /// <summary>Waits behind whoever asks already, or goes first.</summary>
    /// <returns>To be ended when the answer's head is here, or there is none; null for whom no one waits.</returns>
    public async ValueTask<Visit?> EnterAsync(string url, CancellationToken cancellation)
    {
        if (_helpedNobody.TryGetValue(url, out var since) && time.GetElapsedTime(since) < RememberedFor)
        {
            return null;
        }

        // Who asks is looked for before what the answer gave: its permit is there before its bytes have a reader that others can be served from.
        var own = new Visit(this, url);
        var first = _asking.GetOrAdd(url, own);
        if (ReferenceEquals(first, own))
        {
            if (!isPermitted(url))
            {
                return own;
            }

            own.Dispose();
            return null;
        }

        await Task.WhenAny(first.Ended, Task.Delay(Patience, time, cancellation));
        cancellation.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>The head of an answer: who waits for one that helps nobody else goes on at once.</summary>
    public void OnAnswer(OriginRequest request, OriginAnswer answer)
    {
        var url = request.Target.Url;
        if (request.Method != "GET" || CredentialsKey.Of(request.Fields, url).Length > 0)
        {
            return;
        }

        var answered = Candidate.Classify(request.Method, url, request.Fields, answer.Status, answer.Fields, hasDigest: false, time.GetUtcNow());
        if (answered is { IsCandidate: true, Validator: not null })
        {
            _helpedNobody.TryRemove(url, out _);
            return;
        }

        // What an error, or this visitor's own condition, no-store or set of ranges, brought tells nothing of the next answer; with a query nobody waits anyway.
        if (answer.Status is 200 or 206 && answered.Reason is not (CandidateReason.RequestNoStore or CandidateReason.Multipart) && url.Length <= MaxRememberedLength && !url.Contains('?', StringComparison.Ordinal))
        {
            if (_helpedNobody.Count >= MaxRemembered)
            {
                _helpedNobody.Clear();
            }

            _helpedNobody[url] = time.GetTimestamp();
        }

        if (_asking.TryGetValue(url, out var visit))
        {
            visit.Dispose();
        }
    }

    /// <summary>A visitor that others wait for.</summary>
    internal sealed class Visit(FirstVisits visits, string url) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            if (_ended.TrySetResult())
            {
                visits._asking.TryRemove(new(url, this));
            }
        }
    }
}
