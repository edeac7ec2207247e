namespace Swarm.Diagnostics.Verbs;

/// <summary>How a verb ends; part of the contract with scripts.</summary>
public static class DiagExit
{
    public const int Success = 0;

    /// <summary>It found what it looks for. A script asks for 0.</summary>
    public const int Findings = 1;

    /// <summary>It could not do what was asked: a file that cannot be read or written, a taken port.</summary>
    public const int Failure = 1;

    /// <summary>It was asked wrongly.</summary>
    public const int Usage = 2;

    /// <summary>There is nothing to measure with, or nothing to read, here.</summary>
    public const int CannotMeasure = 3;
}
