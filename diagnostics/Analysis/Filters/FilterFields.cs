namespace Swarm.Diagnostics.Analysis;

/// <summary>The names there are. A new one is a line here.</summary>
internal static class FilterFields
{
    private static readonly FilterField[] All =
    [
        Port("sport", static (s, matches) => matches(s.Local.Port)),
        Port("dport", static (s, matches) => matches(s.Remote.Port)),
        Port("port", static (s, matches) => matches(s.Local.Port) || matches(s.Remote.Port)),
        End("src", static s => s.Local),
        End("dst", static s => s.Remote),
        new("state", State),
        Number("rmem", FilterValue.Bytes, static s => s.Track.Current.RmemAllocBytes),
        Number("rcvbuf", FilterValue.Bytes, static s => s.Track.Current.RcvbufBytes),
        Number("payload", FilterValue.Bytes, static s => s.Track.Current.PayloadBytes),
        Number("reclaimable", FilterValue.Bytes, static s => s.Track.ReclaimableBytes),
        Number("ratio", FilterValue.Number, static s => s.Track.BloatRatio ?? double.NaN),
        Number("unread", FilterValue.Micros, static s => s.Track.UnreadMicros),
        Number("collapses", FilterValue.Number, static s => s.Track.Trace?.Collapses ?? s.Track.Collapses),
        Number("uid", FilterValue.Number, static s => s.Track.Current.UserId),
        Number("pid", FilterValue.Number, static s => s.Owner?.ProcessId ?? double.NaN),
        Text("process", static s => s.Owner?.Name),
        Text("container", static s => s.Owner?.Container),
        Text("role", static s => s.Label?.Role),
        new("verdict", VerdictOf, TakesWords: true),
    ];

    public static string Names => string.Join(", ", All.Select(f => f.Name));

    public static FilterField? Find(string name) => Array.Find(All, f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    private static FilterField Port(string name, Func<SocketSample, Func<int, bool>, bool> ends) => new(name, (op, value) =>
        ushort.TryParse(value.TrimStart(':'), out var port) ? s => ends(s.Track.Current, p => op.Holds(p.CompareTo(port))) : null);

    private static FilterField End(string name, Func<SocketSample, SocketEnd> end) => new(name, (op, value) =>
        op.IsEquality && EndPattern.TryParse(value) is { } pattern ? s => op.Holds(pattern.Matches(end(s.Track.Current)) ? 0 : 1) : null);

    private static FilterField Number(string name, Func<string, double?> parse, Func<FilterSubject, double> of) => new(name, (op, value) =>
        parse(value) is { } number ? s => of(s) is var actual && !double.IsNaN(actual) && op.Holds(actual.CompareTo(number)) : null);

    private static FilterField Text(string name, Func<FilterSubject, string?> of) => new(name, (op, value) =>
        op.IsEquality ? s => op.Holds(string.Equals(of(s), value, StringComparison.OrdinalIgnoreCase) ? 0 : 1) : null);

    private static Func<FilterSubject, bool>? State(FilterOperator op, string value)
    {
        // ss writes fin-wait-1, and ESTAB.
        var name = string.Equals(value, "estab", StringComparison.OrdinalIgnoreCase) ? "established" : value.Replace("-", "", StringComparison.Ordinal);
        return op.IsEquality && Enum.TryParse<TcpState>(name, ignoreCase: true, out var state) && Enum.IsDefined(state)
            ? s => op.Holds(s.Track.Current.State == state ? 0 : 1)
            : null;
    }

    private static Func<FilterSubject, bool>? VerdictOf(FilterOperator op, string value)
    {
        if (!op.IsEquality)
        {
            return null;
        }

        if (string.Equals(value, "any", StringComparison.OrdinalIgnoreCase))
        {
            return s => op.Holds(s.Verdicts.Count > 0 ? 0 : 1);
        }

        return VerdictText.TryParse(value) is { } verdict ? s => op.Holds(s.Verdicts.Contains(verdict) ? 0 : 1) : null;
    }
}
