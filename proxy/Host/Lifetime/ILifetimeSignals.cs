namespace Swarm.Proxy.Lifetime;

/// <summary>How the world asks the process to stop or to read its configuration again.</summary>
internal interface ILifetimeSignals
{
    /// <summary>Listens until disposed. <paramref name="stop"/> may be called more than once.</summary>
    IDisposable Listen(Action stop, Action reload);
}
