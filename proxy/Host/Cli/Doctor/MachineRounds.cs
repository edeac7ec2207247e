using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Cli;

/// <summary>What <c>doctor</c> asks of the machine itself. Nothing of it leaves the machine, but for the dial of a proxy that the user named.</summary>
internal sealed class MachineRounds(Surroundings surroundings)
{
    private const int AnyPort = 9; // discard: connecting a datagram socket sends nothing, it only asks for a route

    /// <summary>A configuration file that is longer is none that somebody wrote.</summary>
    private const int FileBytesMax = 1 << 20;

    private static readonly TimeSpan DialPatience = TimeSpan.FromSeconds(5);

    /// <summary>Addresses for documentation (RFC 5737, RFC 3849): the default route leads there.</summary>
    private static readonly IPAddress FarIPv4 = IPAddress.Parse("192.0.2.1"), FarIPv6 = IPAddress.Parse("2001:db8::1");

    /// <summary>Those that .NET looks for, newest first.</summary>
    private static readonly string[] TlsLibraries = ["libssl.so.3", "libssl.so.1.1", "libssl.so"];

    /// <summary>The library of all hashes and of TLS is here. Where it is not, the runtime ends the process at the first of them.</summary>
    public static bool HasCryptography => !OperatingSystem.IsLinux() || Array.Exists(TlsLibraries, static l => NativeLibrary.TryLoad(l, out _));

    /// <summary>The program's file: beside a shared runtime the process is the runtime's.</summary>
    public static DateTimeOffset Built()
    {
        var own = Path.Combine(AppContext.BaseDirectory, "swarmstream.dll");
        return File.GetLastWriteTimeUtc(File.Exists(own) ? own : Environment.ProcessPath ?? AppContext.BaseDirectory);
    }

    public IReadOnlyList<ToolProxyFact> ToolProxies()
    {
        if (!OperatingSystem.IsLinux() || surroundings.Variable("HOME") is not { } home)
        {
            return [];
        }

        var config = surroundings.Variable("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config");
        return [.. ToolProxyFile.All(home, config, "/").SelectMany(static f => Proxies(f))];
    }

    public static async Task<NetworkFact> NetworkAsync(CancellationToken cancellation) =>
        new(await LoopbackAnswersAsync(cancellation), HasRoute(FarIPv4), HasRoute(FarIPv6));

    /// <summary>proc(5): "Max open files  SOFT  HARD  files"; the runtime has raised the soft limit by now.</summary>
    public static long? OpenFilesMax()
    {
        const string row = "Max open files";
        try
        {
            var line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/limits").FirstOrDefault(static l => l.StartsWith(row, StringComparison.Ordinal)) : null;
            return long.TryParse(line?[row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static TrustFact? Trust()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        if (!HasCryptography)
        {
            return new TrustFact(0, HasLibrary: false);
        }

        try
        {
            using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
            return new TrustFact(store.Certificates.Count, HasLibrary: true);
        }
        catch (CryptographicException)
        {
            return new TrustFact(0, HasLibrary: true);
        }
    }

    /// <summary>Why nothing answers there; null when something takes the connection.</summary>
    public static async Task<string?> DialAsync(string host, int port, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(DialPatience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, patience.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"no answer in {DialPatience.TotalSeconds:F0} s");
        }
        catch (SocketException e)
        {
            return ErrorText.Of(e);
        }
    }

    private static IEnumerable<ToolProxyFact> Proxies(ToolProxyFile file)
    {
        try
        {
            // A pipe in a file's place, as password managers make them, has no length, and who opens it waits.
            if (!File.Exists(file.Path) || new FileInfo(file.Path).Length is 0 or > FileBytesMax)
            {
                return [];
            }

            return [.. ToolProxyText.Find(file.Form, file.Keys, File.ReadAllLines(file.Path)).Select(f => new ToolProxyFact(file.Tool, file.Path, f.Line, f.Value))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static async Task<bool> LoopbackAnswersAsync(CancellationToken cancellation)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        try
        {
            listener.Start();
            return await DialAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, cancellation) is null;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool HasRoute(IPAddress far)
    {
        try
        {
            using var socket = new Socket(far.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(far, AnyPort);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
