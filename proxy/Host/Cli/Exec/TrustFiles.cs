using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Proxy.Front;

namespace Swarm.Proxy.Cli;

/// <summary>The roots that one command trusts: the system's, those the user named in variables, and the local CA, in files of a temporary folder.</summary>
internal sealed class TrustFiles : IDisposable
{
    private readonly string _folder;

    private TrustFiles(string folder) => _folder = folder;

    /// <summary>PEM, all roots one after another.</summary>
    public string Bundle => Path.Combine(_folder, "roots.pem");

    /// <summary>The user's own, with the bundle added.</summary>
    public string WgetConfiguration => Path.Combine(_folder, "wgetrc");

    public string AptConfiguration => Path.Combine(_folder, "apt.conf");

    /// <summary>Writes the files. Roots of the user that cannot be read are said and left out.</summary>
    public static TrustFiles Write(Surroundings surroundings, X509Certificate2 localAuthority, Action<string> say)
    {
        // Not in the state folder: apt reads its roots as another user, who may not enter there. All of this is public but the user's own wgetrc.
        var files = new TrustFiles(Directory.CreateTempSubdirectory("swarmstream-exec-").FullName);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(files._folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }

            Write(files.Bundle, Roots(surroundings, localAuthority, say), isPublic: true);
            var wgetrc = surroundings.Variable("WGETRC") ?? Path.Combine(surroundings.Variable("HOME") ?? "", ".wgetrc");
            var own = File.Exists(wgetrc) ? File.ReadAllText(wgetrc) + "\n" : "";
            Write(files.WgetConfiguration, $"{own}ca_certificate = {files.Bundle}\n", isPublic: false);
            var include = surroundings.Variable("APT_CONFIG") is { } apt ? $"#include \"{apt}\";\n" : "";
            Write(files.AptConfiguration, $"{include}Acquire::https::CaInfo \"{files.Bundle}\";\n", isPublic: true);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary folder that somebody else is cleaning up.
        }
    }

    private static string Roots(Surroundings surroundings, X509Certificate2 localAuthority, Action<string> say)
    {
        var roots = new X509Certificate2Collection { localAuthority };
        foreach (var location in new[] { StoreLocation.CurrentUser, StoreLocation.LocalMachine })
        {
            using var store = new X509Store(StoreName.Root, location);
            try
            {
                store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
                roots.AddRange(store.Certificates);
            }
            catch (CryptographicException)
            {
                // This machine has no such store.
            }
        }

        var read = new HashSet<string>();
        foreach (var name in ExecEnvironment.RootVariables.Append(ExtraRoots.Variable))
        {
            if (surroundings.Variable(name) is { } file && read.Add(file))
            {
                try
                {
                    roots.ImportFromPemFile(file);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    say($"{name}: {file} cannot be read as PEM certificates and is left out: {ErrorText.Of(e)}.");
                }
            }
        }

        var seen = new HashSet<string>();
        var text = new StringBuilder();
        foreach (var root in roots)
        {
            if (seen.Add(Convert.ToBase64String(SHA256.HashData(root.RawData))))
            {
                text.Append(root.ExportCertificatePem()).Append('\n');
            }
        }

        return text.ToString();
    }

    private static void Write(string path, string text, bool isPublic)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (isPublic ? UnixFileMode.GroupRead | UnixFileMode.OtherRead : UnixFileMode.None);
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.UTF8.GetBytes(text));
        if (isPublic && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, options.UnixCreateMode!.Value); // past the umask
        }
    }
}
