using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Hosting;

/// <summary>Serves the console: static files under <c>wwwroot</c>, from the same origin as the API.</summary>
internal static partial class ConsoleFiles
{
    private const string Index = "index.html";

    // Scripts, styles and calls of this origin only; no other page may put the console in a frame.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Adds response compression for the console's files. They are small, so a better ratio is worth the time.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        return services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"]);
    }

    /// <summary>Serves the files to GET and HEAD. gRPC-Web calls are POST: compression would buffer their streams.</summary>
    public static void UseConsole(this WebApplication app)
    {
        // Beside the program, not in the working directory.
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            LogMissing(app.Logger, folder);
            return;
        }

        var files = new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), OnPrepareResponse = SetCacheHeaders };
        app.UseWhen(IsGetOrHead, console =>
        {
            console.Use(SetSecurityHeaders);
            console.UseResponseCompression();
            console.UseStaticFiles(files);
        });
        MapConsole(app, files);
    }

    // The console is a single page that routes /m/... itself.
    private static void MapConsole(WebApplication app, StaticFileOptions files)
    {
        app.MapFallbackToFile("/", Index, files);
        app.MapFallbackToFile("/m/{**path}", Index, files);
        app.MapGet("/console/config.json", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return Results.Json(new { development = app.Environment.IsDevelopment() });
        });
    }

    // Files under /assets have a hash in their name and never change. The page that refers to them is not cached: the pages of two releases can
    // have the same size and time, and so the same ETag.
    private static void SetCacheHeaders(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        headers.CacheControl = file.File.Name == Index ? "no-store"
            : file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable"
            : "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
    }

    private static bool IsGetOrHead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task SetSecurityHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return next(context);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The console is not available: {Folder} does not exist. The API works without it.")]
    private static partial void LogMissing(ILogger logger, string folder);
}
