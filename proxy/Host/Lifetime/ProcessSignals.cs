using System.Runtime.InteropServices;

namespace Swarm.Proxy.Lifetime;

/// <summary>SIGTERM and SIGINT (Ctrl-C) stop, a second one at once; SIGHUP reads the configuration again.</summary>
internal sealed class ProcessSignals : ILifetimeSignals
{
    /// <summary>128 + SIGINT: what a shell expects of an interrupted program.</summary>
    private const int Interrupted = 130;

    public IDisposable Listen(Action stop, Action reload)
    {
        var asked = 0;
        return new Registrations(
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStop),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStop),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                reload();
            }),
        ]);

        void OnStop(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref asked) > 1)
            {
                Environment.Exit(Interrupted);
            }

            stop();
        }
    }

    private sealed class Registrations(IReadOnlyList<PosixSignalRegistration> all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all)
            {
                one.Dispose();
            }
        }
    }
}
