using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Swarm.Repository.Tests;

/// <summary>Does one of each thing that a pure project may not: the purity test must see them all here, or it sees nothing.</summary>
internal static class ImpureSample
{
    public static readonly string[] Impurities =
    [
        "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_UtcNow", "System.Diagnostics.Stopwatch", "System.Environment.get_TickCount64",
        "System.Guid.NewGuid", "System.IO.File", "System.IO.Pipelines.Pipe", "System.IO.RandomAccess", "System.Math.Exp", "System.Math.Log",
        "System.Math.Pow", "System.Net.Sockets.Socket", "System.Random", "System.Threading.Tasks.Task", "System.Threading.Thread",
        "System.Threading.Timer", "System.TimeProvider",
    ];

    public static object[] Do(double x) =>
    [
        DateTime.UtcNow, DateTimeOffset.UtcNow, Stopwatch.StartNew(), Environment.TickCount64, Guid.NewGuid(), File.Exists("x"), new Pipe(),
        (Func<Microsoft.Win32.SafeHandles.SafeFileHandle, long>)RandomAccess.GetLength, Math.Exp(x), Math.Log(x), Math.Pow(x, x),
        new Socket(SocketType.Stream, ProtocolType.Tcp), new Random(1).NextDouble(), Task.CompletedTask, Thread.CurrentThread,
        new Timer(_ => { }), TimeProvider.System,
    ];
}
