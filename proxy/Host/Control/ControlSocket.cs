using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Swarm.Proxy.Control;

/// <summary>
/// The API's unix socket, <c>control.sock</c> in the runtime folder, for this user alone (0600): how a second process of the
/// same data folder reaches the node without a token. It is bound in a private folder and moved into place once its mode is
/// set, so that there is no moment in which others could connect.
/// </summary>
internal sealed class ControlSocket : IDisposable
{
    public const string FileName = "control.sock";

    /// <summary>unix(7): <c>sun_path</c> has 108 bytes with its NUL; 104 elsewhere.</summary>
    private const int PathBytesMax = 103;

    private readonly string _nursery;
    private readonly string _path;

    private ControlSocket(string folder)
    {
        _nursery = Path.Combine(folder, ".sock-" + Environment.ProcessId.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        _path = PathIn(folder);
    }

    private string Newborn => Path.Combine(_nursery, "s");

    public static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Null where there can be none: no folder, a path longer than sockets may have, or Windows.</summary>
    public static ControlSocket? Prepare(string? folder)
    {
        if (folder is null || OperatingSystem.IsWindows())
        {
            return null;
        }

        var socket = new ControlSocket(folder);
        if (Encoding.UTF8.GetByteCount(socket.Newborn) > PathBytesMax || Encoding.UTF8.GetByteCount(socket._path) > PathBytesMax)
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(socket._nursery, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Delete(socket.Newborn);
            return socket;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The port with its token does the same.
            return null;
        }
    }

    /// <summary>True for an address that Kestrel reports for a unix socket.</summary>
    public static bool IsOne(string address) => address.StartsWith("http://unix:", StringComparison.Ordinal);

    /// <summary>True if the request came by the socket.</summary>
    public static bool Carries(HttpContext context) => context.Features.Get<Mark>() is not null;

    public void Listen(KestrelServerOptions kestrel) => kestrel.ListenUnixSocket(Newborn, static listen =>
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(static next => connection =>
        {
            connection.Features.Set(Mark.Instance);
            return next(connection);
        });
    });

    /// <summary>Puts the listening socket where clients look. A node of the same folder that crashed may have left one there: this process holds the folder.</summary>
    public void Publish()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Newborn, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(Newborn, _path, overwrite: true);
        }
    }

    public void Dispose()
    {
        PrivateFile.TryDelete(_path);
        PrivateFile.TryDelete(Newborn);
        try
        {
            Directory.Delete(_nursery);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty folder that stays does no harm.
        }
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
