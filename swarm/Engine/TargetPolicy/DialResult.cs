using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>What became of a dial: a connected socket, a refusal by policy, or a failure of the network. Exactly one is set.</summary>
/// <param name="EndPoint">Which of the target's addresses answered. The socket does not tell any more once a reset has come.</param>
public readonly record struct DialResult(Socket? Socket, IPEndPoint? EndPoint, DialRefusal? Refusal, DialFailure? Failure)
{
    [MemberNotNullWhen(true, nameof(Socket), nameof(EndPoint))]
    public bool IsConnected => Socket is not null;
}

/// <summary>The addresses of a host after every one of them was checked, or why none may be dialled.</summary>
public readonly record struct CheckedTarget(IReadOnlyList<IPEndPoint>? EndPoints, DialRefusal? Refusal, DialFailure? Failure)
{
    [MemberNotNullWhen(true, nameof(EndPoints))]
    public bool IsAllowed => EndPoints is not null;
}

/// <summary>A target that policy does not let anyone reach, with the sentence for the user and what the user can do.</summary>
public sealed record DialRefusal(string Reason, string Advice)
{
    public override string ToString() => $"{Reason} {Advice}".TrimEnd();
}

/// <summary>A target that policy allows and the network did not give.</summary>
public sealed record DialFailure(DialStage Stage, SocketError Error, string Reason);

/// <summary>Where a dial broke.</summary>
public enum DialStage
{
    Resolve,
    Connect,
}
