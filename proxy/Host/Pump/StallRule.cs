namespace Swarm.Proxy.Pump;

/// <summary>
/// How long a client may take no byte at all before its connection is reset. It replaces the server's data rates,
/// which would kill a paused video; it exists so that a forgotten player does not hold an origin connection for ever.
/// </summary>
public sealed class StallRule(TimeSpan limit, TimeProvider time)
{
    /// <summary>One hour: a film paused over lunch goes on, a laptop closed for the night does not.</summary>
    public static TimeSpan DefaultLimit => TimeSpan.FromHours(1);

    public TimeSpan Limit => limit;

    /// <summary>The clock it goes by.</summary>
    public TimeProvider Time => time;

    public StallWatch Watch(HttpContext context) => new(context, limit, time);
}
