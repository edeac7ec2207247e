using System.Text;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Interception;

/// <summary>Where the local authority lies: <c>authority.pem</c> with the key, for this user alone, and <c>ca.pem</c>, the certificate to give to tools.</summary>
/// <param name="state">The node's state folder.</param>
internal sealed class AuthorityFolder(string state)
{
    public string Folder { get; } = Path.Combine(state, "ca");

    public string SecretFile => Path.Combine(Folder, "authority.pem");

    public string CertificateFile => Path.Combine(Folder, "ca.pem");

    public bool Exists => File.Exists(SecretFile);

    /// <summary>When the authority last changed; tells a running node to look again. The earliest time where there is none.</summary>
    public DateTime ChangedAt => File.GetLastWriteTimeUtc(SecretFile);

    /// <summary>The authority, or why it cannot be used; both null where there is none.</summary>
    public (LocalAuthority? Authority, string? Problem) Read()
    {
        try
        {
            if (!Exists)
            {
                return (null, null);
            }

            if (!PrivateFile.IsPrivate(SecretFile))
            {
                return (null, $"{SecretFile} holds a private key that other users can read. Make a new one with 'swarmstream ca create'.");
            }

            return LocalAuthority.TryRead(File.ReadAllText(SecretFile), out var authority, out var problem)
                ? (authority, null)
                : (null, $"{SecretFile} {problem} Make a new one with 'swarmstream ca create'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{SecretFile} cannot be read: {e.Message}");
        }
    }

    /// <summary>The hosts whose https is opened; null for none.</summary>
    public InterceptedHosts? OpenedHosts()
    {
        using var authority = Read().Authority;
        return authority?.Hosts;
    }

    public void Write(LocalAuthority authority)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder);
        }
        else
        {
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        PrivateFile.Write(CertificateFile, Encoding.ASCII.GetBytes(authority.Certificate.ExportCertificatePem() + "\n"));
        PrivateFile.Write(SecretFile, Encoding.ASCII.GetBytes(authority.Export()));
    }

    public void Remove()
    {
        File.Delete(SecretFile);
        File.Delete(CertificateFile);
    }
}
