using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A node in the table: it has answered a query of ours at least once.</summary>
internal sealed class DhtTableEntry(NodeContact contact, Instant answered)
{
    /// <summary>BEP 5: who was not heard of for 15 minutes is questionable.</summary>
    public const long QuestionableMicros = 900_000_000;

    /// <summary>BEP 5: bad after "multiple queries in a row"; a single lost packet is no reason.</summary>
    public const int BadFailures = 2;

    public NodeContact Contact => contact;

    /// <summary>BEP 42: its id fits its address.</summary>
    public bool IsVerified { get; } = Bep42NodeId.IsValid(contact.Id, contact.EndPoint);

    /// <summary>When it answered last, or asked something.</summary>
    public Instant Heard { get; set; } = answered;

    /// <summary>Queries in a row that it did not answer.</summary>
    public int Failures { get; set; }

    public bool IsBad => Failures >= BadFailures;

    public bool IsGood(Instant now) => Failures == 0 && now - Heard < QuestionableMicros;
}
