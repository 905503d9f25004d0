@echo off
rem Runs Maven for this project, from any directory. Takes the first of:
rem   1. the version named in .mvn\wrapper\maven-wrapper.properties, if it is unpacked under .m2\wrapper\dists;
rem   2. its download, which must have the SHA-512 named there; anything else is an error, never a reason to go on;
rem   3. an installed mvn of at least 3.8, with one line on stderr that says so.
rem Arguments, JAVA_HOME and MAVEN_OPTS reach Maven as they are. Needs curl and tar, which Windows 10 and later bring.
setlocal

for /f "usebackq eol=# tokens=1,* delims==" %%a in ("%~dp0.mvn\wrapper\maven-wrapper.properties") do set "%%a=%%b"
set "dists=%USERPROFILE%\.m2\wrapper\dists\apache-maven-%distributionVersion%"
set "unpacked=%dists%\%distributionSha512Sum:~0,16%"

rem On the pom of the current directory or, where there is none, on this project's.
rem Maven obeys the first -f, so one among the arguments wins.
set "pom="
if not exist pom.xml set pom=-f "%~dp0pom.xml"

if exist "%unpacked%\bin\mvn.cmd" goto run

rem Unpacked beside the final place, then renamed: a copy under its final name is always whole. By the tar of Windows:
rem another one on the path, such as that of Git, may take C: for the name of a host.
set "scratch=%dists%\unpacking.%RANDOM%%RANDOM%"
mkdir "%scratch%" 2>nul || goto installed
curl -fsSL --connect-timeout 10 --max-time 300 -o "%scratch%\maven.tar.gz" "%distributionUrl%" 2>nul || goto unreachable
certutil -hashfile "%scratch%\maven.tar.gz" SHA512 | findstr /i /c:"%distributionSha512Sum%" >nul || goto mismatch
"%SystemRoot%\System32\tar.exe" -xzf "%scratch%\maven.tar.gz" -C "%scratch%" || goto broken
if not exist "%unpacked%" move "%scratch%\apache-maven-%distributionVersion%" "%unpacked%" >nul
rmdir /s /q "%scratch%"

:run
call "%unpacked%\bin\mvn.cmd" %* %pom%
exit /b %ERRORLEVEL%

:mismatch
rmdir /s /q "%scratch%"
>&2 echo mvnw: %distributionUrl% does not have the SHA-512 %distributionSha512Sum%; nothing was installed
exit /b 1

:broken
rmdir /s /q "%scratch%"
>&2 echo mvnw: cannot unpack %distributionUrl%
exit /b 1

:unreachable
rmdir /s /q "%scratch%"

:installed
set "installed=0.0"
for /f "tokens=3" %%v in ('mvn --version 2^>nul ^| findstr /c:"Apache Maven"') do set "installed=%%v"
for /f "tokens=1,2 delims=." %%a in ("%installed%") do set /a "release=%%a * 1000 + %%b"
if %release% lss 3008 goto none
>&2 echo mvnw: Maven %distributionVersion% is not to be had from %distributionUrl%; using the installed Maven %installed%
call mvn %* %pom%
exit /b %ERRORLEVEL%

:none
>&2 echo mvnw: Maven %distributionVersion% is not to be had from %distributionUrl%, and no Maven of at least 3.8 is installed
exit /b 1
