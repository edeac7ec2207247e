namespace Swarm.Proxy.Cli;

/// <summary>How the program ends; part of the contract.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It could not do what was asked: a taken port, a held folder, no running node.</summary>
    public const int Failure = 1;

    /// <summary>It was asked wrongly, or for something that is not built yet.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C or SIGTERM ended it before it was done: 128 + SIGINT, as shells expect.</summary>
    public const int Interrupted = 130;
}
