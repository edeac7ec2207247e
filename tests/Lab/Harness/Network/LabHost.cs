using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Lab.Harness.Network;

/// <summary>One machine of a lab's network: programs and sockets inside its namespace.</summary>
public sealed class LabHost
{
    private readonly LabNetwork _network;
    private readonly int _index;
    private readonly string _namespace;

    internal LabHost(LabNetwork network, int index, string name, IPAddress address)
    {
        _network = network;
        _index = index;
        _namespace = name;
        Address = address;
    }

    public IPAddress Address { get; }

    /// <summary>What a process opens to enter it.</summary>
    public string NamespaceFile => $"/var/run/netns/{_namespace}";

    /// <summary>Bytes of whole packets that it sent and got, and packets that did not fit its queues.</summary>
    public (long SentBytes, long ReceivedBytes, long Dropped) Counters => _network.Counters(_index);

    /// <summary>Shows every packet that it sends from now on.</summary>
    public void Watch(PacketWatch watch) => _network.Watch(_index, watch);

    /// <summary>What starts a program inside: the same process id, since <c>ip</c> becomes the program.</summary>
    public (string Program, IReadOnlyList<string> Arguments) Inside(string program, IEnumerable<string> arguments) =>
        (LabNetwork.IpProgram, ["netns", "exec", _namespace, program, .. arguments]);

    /// <summary>A TCP socket of this host, wherever it is used from.</summary>
    public Socket NewSocket() => Do(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    /// <summary>A client whose connections are of this host; of this machine without one.</summary>
    public static HttpClient NewClient(LabHost? host, Uri at)
    {
        // A connection a request: small servers close theirs when they like.
        var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        if (host is not null)
        {
            handler.ConnectCallback = async (context, cancel) =>
            {
                var socket = host.NewSocket();
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        return new(handler) { BaseAddress = at };
    }

    /// <summary>Does something on a thread that is inside, and that ends with it: a thread's namespace is not given back to a pool.</summary>
    internal T Do<T>(Func<T> inside)
    {
        T? result = default;
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                var descriptor = LinuxCalls.Open(NamespaceFile, LinuxCalls.ReadOnly);
                if (descriptor < 0 || LinuxCalls.EnterNamespace(descriptor, LinuxCalls.NewNetwork) < 0)
                {
                    throw new LabException($"namespace {_namespace} cannot be entered: error {Marshal.GetLastPInvokeError()}");
                }

                _ = LinuxCalls.Close(descriptor);
                result = inside();
            }
            catch (Exception e) when (e is LabException or SocketException)
            {
                failed = e;
            }
        });
        thread.Start();
        thread.Join();
        return failed is null ? result! : throw new LabException(failed.Message, failed);
    }
}
