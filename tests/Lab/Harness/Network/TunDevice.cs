using System.Runtime.InteropServices;
using System.Text;

namespace Swarm.Lab.Harness.Network;

/// <summary>The one network device of a namespace, as packets that are read and written here.</summary>
internal sealed class TunDevice : IDisposable
{
    public const string Name = "lab0";

    private int _descriptor;

    private TunDevice(int descriptor) => _descriptor = descriptor;

    public int Descriptor => _descriptor;

    /// <summary>Makes the device in the namespace that the calling thread is in.</summary>
    public static TunDevice OpenHere()
    {
        var descriptor = LinuxCalls.Open("/dev/net/tun", LinuxCalls.ReadWriteNonBlocking);
        if (descriptor < 0)
        {
            throw new LabException($"/dev/net/tun cannot be opened: error {Marshal.GetLastPInvokeError()}");
        }

        // struct ifreq: 16 bytes of name, then the flags.
        var request = new byte[40];
        Encoding.ASCII.GetBytes(Name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), LinuxCalls.Tun);
        if (LinuxCalls.Control(descriptor, LinuxCalls.SetInterface, request) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            _ = LinuxCalls.Close(descriptor);
            throw new LabException($"no TUN device could be made: error {error}");
        }

        return new(descriptor);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _descriptor, -1) is >= 0 and var descriptor)
        {
            _ = LinuxCalls.Close(descriptor);
        }
    }
}
