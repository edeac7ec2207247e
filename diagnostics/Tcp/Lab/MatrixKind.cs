namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>The sick connections of one kind: how many there were, and how many were named rightly.</summary>
public sealed record MatrixKind(string Name, int Sick, int Found)
{
    public double Recall => Sick == 0 ? 1 : (double)Found / Sick;
}
