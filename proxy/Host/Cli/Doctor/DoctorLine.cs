namespace Swarm.Proxy.Cli;

/// <summary>How one thing that a node stands on was found.</summary>
internal enum DoctorOutcome
{
    Good,

    /// <summary>Works, and could work better.</summary>
    Hint,

    /// <summary>Something the user asked for will not work.</summary>
    Bad,
}

/// <summary>One line of <c>doctor</c>: what was looked at, what was found, and what to do about it.</summary>
/// <param name="Fix">A sentence or a command; null where nothing is to be done.</param>
internal sealed record DoctorLine(DoctorOutcome Outcome, string Topic, string Says, string? Fix = null)
{
    public static DoctorLine Good(string topic, string says) => new(DoctorOutcome.Good, topic, says);

    public static DoctorLine Hint(string topic, string says, string? fix) => new(DoctorOutcome.Hint, topic, says, fix);

    public static DoctorLine Bad(string topic, string says, string fix) => new(DoctorOutcome.Bad, topic, says, fix);
}
