namespace Swarm.Proxy.Swarmed;

/// <summary>Media types of what people keep in torrents, by suffix; everything else is bytes. Nothing that a browser would run.</summary>
internal static class ContentTypes
{
    public static string OfName(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".mp4" or ".m4v" => "video/mp4",
        ".webm" => "video/webm",
        ".mkv" => "video/x-matroska",
        ".mov" => "video/quicktime",
        ".ts" => "video/mp2t",
        ".ogv" => "video/ogg",
        ".mp3" => "audio/mpeg",
        ".m4a" => "audio/mp4",
        ".flac" => "audio/flac",
        ".ogg" or ".opus" => "audio/ogg",
        ".wav" => "audio/wav",
        ".jpg" or ".jpeg" => "image/jpeg",
        ".png" => "image/png",
        ".pdf" => "application/pdf",
        ".txt" or ".srt" => "text/plain; charset=utf-8",
        ".vtt" => "text/vtt; charset=utf-8",
        _ => "application/octet-stream",
    };
}
