using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Swarm.Testing;

/// <summary>Plays conformance cases against one cache.</summary>
/// <param name="cache">Where it listens.</param>
/// <param name="isProxy">Asked in absolute-form; a reverse proxy is asked for the path.</param>
/// <param name="wait">Lets so many seconds pass on the cache's clock.</param>
internal sealed partial class CacheCaseRun(IPEndPoint cache, bool isProxy, CacheCaseOrigin origin, TimeProvider time, Func<int, Task> wait)
{
    private static readonly TimeSpan ExchangeLimit = TimeSpan.FromSeconds(60);
    private static int s_number;

    /// <summary>Null if the case holds; otherwise the first thing that does not.</summary>
    public async Task<string?> FailureAsync(CacheCase one, CancellationToken stop)
    {
        var root = $"/c{Interlocked.Increment(ref s_number)}";
        var start = time.GetUtcNow();
        for (var i = 0; i < one.Steps.Count; i++)
        {
            var step = one.Steps[i];
            if (step.WaitSeconds > 0)
            {
                await wait(step.WaitSeconds);
                continue;
            }

            var number = one.Steps.Take(i + 1).Count(s => s.WaitSeconds == 0);
            var planned = step.Origin ?? ("200", []);
            var plan = origin.Prepare(root, planned.Head, [.. planned.Fields.Select(f => Dates(f, start))], $"step{number}");
            CacheCaseMessage answer;
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
                limit.CancelAfter(ExchangeLimit);
                answer = await CacheCaseWire.ExchangeAsync(cache, RequestOf(step, root, start), limit.Token);
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException && !stop.IsCancellationRequested)
            {
                return $"step {number}: no answer ({e.Message})";
            }

            if (step.Expected is { } expected && Complaint(expected, answer, plan, start) is { } complaint)
            {
                return $"step {number}: {complaint}";
            }
        }

        return null;
    }

    private string RequestOf(CacheStep step, string root, DateTimeOffset start)
    {
        var words = step.Request.Head.Split(' ', 2);
        var path = root + (words.Length > 1 ? words[1] : "");
        var fields = string.Concat(step.Request.Fields.Select(f => Dates(f, start) + "\r\n"));
        var body = words[0] is "GET" or "HEAD" ? "" : "x=1";
        var length = body.Length == 0 ? "" : $"Content-Length: {body.Length}\r\n";
        var authority = $"127.0.0.1:{origin.Port}";
        return $"{words[0]} {(isProxy ? $"http://{authority}{path}" : path)} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{fields}{length}\r\n{body}";
    }

    private static string? Complaint((string Head, IReadOnlyList<string> Fields) expected, CacheCaseMessage answer, CacheCaseOrigin.Plan plan, DateTimeOffset start)
    {
        var quote = expected.Head.IndexOf('"', StringComparison.Ordinal);
        var words = (quote < 0 ? expected.Head : expected.Head[..quote]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!answer.Status.ToString(CultureInfo.InvariantCulture).Equals(words[0], StringComparison.Ordinal))
        {
            return $"status {answer.Status}, not {words[0]}";
        }

        var asked = plan.Requests.LastOrDefault();
        var conditional = asked?.Field("If-None-Match") is not null || asked?.Field("If-Modified-Since") is not null;
        var how = asked is null ? "stored" : conditional ? "validated" : "asked";
        if (words[1] != "any" && words[1] != how && !(words[1] == "asked" && how == "validated"))
        {
            return $"{how}, not {words[1]}";
        }

        if (quote >= 0 && answer.Body != expected.Head[(quote + 1)..^1])
        {
            return $"body \"{answer.Body}\", not {expected.Head[quote..]}";
        }

        return expected.Fields.Select(f => FieldComplaint(Dates(f, start), answer, asked)).FirstOrDefault(c => c is not null);
    }

    private static string? FieldComplaint(string wanted, CacheCaseMessage answer, CacheCaseMessage? asked)
    {
        var message = wanted[0] == '>' ? asked ?? new("", []) : answer;
        wanted = wanted.TrimStart('>');
        if (wanted[0] == '-')
        {
            return message.Field(wanted[1..]) is { } there ? $"{wanted[1..]}: {there} should not be there" : null;
        }

        var colon = wanted.IndexOf(':', StringComparison.Ordinal);
        var larger = wanted.IndexOf('>', StringComparison.Ordinal);
        if (larger >= 0 && (colon < 0 || larger < colon))
        {
            return long.TryParse(message.Field(wanted[..larger]), CultureInfo.InvariantCulture, out var number) && number > long.Parse(wanted[(larger + 1)..], CultureInfo.InvariantCulture)
                ? null
                : $"{wanted[..larger]} is {message.Field(wanted[..larger]) ?? "absent"}, not {wanted[larger..]}";
        }

        var value = message.Field(wanted[..colon]);
        return value == wanted[(colon + 1)..].Trim() ? null : $"{wanted[..colon]} is {value ?? "absent"}, not{wanted[(colon + 1)..]}";
    }

    private static string Dates(string field, DateTimeOffset start) =>
        Offset().Replace(field, m => CacheCaseMessage.DateText(start.AddSeconds(int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))));

    [GeneratedRegex(@"@([+-]?\d+)")]
    private static partial Regex Offset();
}
